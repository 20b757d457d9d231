// Prepares a checkout: `node scripts/prepare.mjs` installs the packages of the lock file; `node scripts/prepare.mjs build` also
// compiles the service and the GraphiQL page, and creates the empty database that new data folders start with. Skips what is up to date. Runs on any Node that `engines` in package.json allows;
// everything else runs on the Node that is one of the packages.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
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

/** @throws {Error} if this Node is older than the `engines` of package.json allow. */
function checkNode() {
  const { engines, dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const numbers = (version) => version.match(/\d+/g).map(Number);
  const [major, minor] = numbers(engines.node);
  const [ownMajor, ownMinor] = numbers(process.versions.node);
  if (ownMajor > major || (ownMajor === major && ownMinor >= minor)) return;
  throw new Error(
    `Node ${process.versions.node} is too old to install the packages. Install Node ${major}.${minor} or later from ` +
      `https://nodejs.org; the service then runs on Node ${dependencies.node}, which is one of the packages.`,
  );
}

/** Whether node_modules has the versions of the lock file. Packages for other platforms may be absent. */
function isInstalled() {
  const installed = join(root, 'node_modules/.package-lock.json');
  if (!existsSync(installed)) return false;
  const read = (file) => Object.entries(JSON.parse(readFileSync(file, 'utf8')).packages);
  const present = new Map(read(installed).map(([path, entry]) => [path, entry.version]));
  return read(join(root, 'package-lock.json')).every(
    ([path, entry]) => path === '' || present.get(path) === entry.version || (entry.optional && !present.has(path)),
  );
}

/** A hash of the names, sizes and times of all files below the paths, to detect that a build is out of date. */
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
  checkNode();
  if (!isInstalled()) {
    process.stdout.write('Installing the packages of package-lock.json (about half a minute)\n');
    // The build needs development packages, which NODE_ENV=production would omit.
    await run('npm', ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error']);
  }
  if (process.argv[2] === 'build') {
    const common = ['package-lock.json'];
    const databaseInputs = [
      'node_modules/@electric-sql/pglite/package.json',
      'scripts/empty-database.ts',
      'src/embedded/empty-database.ts',
    ];
    await Promise.all([
      buildOnce('service', digest([...common, 'src', 'tsconfig.json', 'tsconfig.build.json'], ['src/web']), () =>
        run('tsc', ['-p', 'tsconfig.build.json']),
      ),
      buildOnce('page', digest([...common, 'src/web', 'vite.config.ts']), () =>
        run('vite', ['build', '--logLevel', 'warn']),
      ),
      buildOnce('database', digest(databaseInputs), () => run('node', ['scripts/empty-database.ts'])),
    ]);
  }
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}
