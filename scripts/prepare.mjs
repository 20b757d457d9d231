// Prepares a checkout: `node scripts/prepare.mjs` installs the packages of package-lock.json; with the argument `build` it
// also compiles the service and the GraphiQL page. Runs on Node 20 or later, since the install brings the pinned version.
// Prints nothing if there is nothing to do.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const bin = join(root, 'node_modules/.bin');

function run(command, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, PATH: `${bin}:${process.env.PATH}` },
    });
    child.once('error', reject);
    child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`${command} ${args.join(' ')} failed`))));
  });
}

/** Whether node_modules has the versions in package-lock.json. Packages for other platforms may be missing. */
function isInstalled() {
  const installed = join(root, 'node_modules/.package-lock.json');
  if (!existsSync(installed)) return false;
  const read = (file) => Object.entries(JSON.parse(readFileSync(file, 'utf8')).packages);
  const present = new Map(read(installed).map(([path, entry]) => [path, entry.version]));
  return read(join(root, 'package-lock.json')).every(
    ([path, entry]) => path === '' || present.get(path) === entry.version || (entry.optional && !present.has(path)),
  );
}

/** A hash of the names, sizes and times of all files below the paths. A build is current while it stays the same. */
function digest(paths, skip = []) {
  const hash = createHash('sha256');
  const visit = (path) => {
    if (skip.includes(path)) return;
    const stat = statSync(join(root, path));
    if (!stat.isDirectory()) return void hash.update(`${path} ${stat.size} ${stat.mtimeMs}\n`);
    for (const name of readdirSync(join(root, path)).sort()) visit(`${path}/${name}`);
  };
  for (const path of paths) visit(path);
  return hash.digest('hex');
}

async function buildOnce(what, inputs, build) {
  const stamp = join(root, `dist/.${what}-built-from`);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === inputs) return;
  process.stdout.write(`Building the ${what}\n`);
  await build();
  mkdirSync(join(root, 'dist'), { recursive: true });
  writeFileSync(stamp, inputs);
}

try {
  if (!isInstalled()) {
    process.stdout.write('Installing the packages of package-lock.json (about half a minute)\n');
    // The build tools are development packages, which NODE_ENV=production would exclude.
    await run('npm', ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error']);
  }
  if (process.argv[2] === 'build') {
    const common = ['package-lock.json'];
    await Promise.all([
      buildOnce('service', digest([...common, 'src', 'tsconfig.json', 'tsconfig.build.json'], ['src/web']), () =>
        run('tsc', ['-p', 'tsconfig.build.json']),
      ),
      buildOnce('page', digest([...common, 'src/web', 'vite.config.ts']), () =>
        run('vite', ['build', '--logLevel', 'warn']),
      ),
    ]);
  }
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}
