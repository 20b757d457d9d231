import { defineConfig, type Plugin } from 'vite';

/**
 * GraphiQL's style sheet contains all its fonts, of all alphabets and weights, as base64. As files, the browser loads only those
 * that the page uses, which are a fifth.
 */
const fontsAsFiles: Plugin = {
  name: 'fonts-as-files',
  apply: 'build',
  enforce: 'pre',
  transform(code, id) {
    if (!/\/graphiql\/dist\/style\.css/.test(id)) return null;
    let count = 0;
    const replaced = code.replaceAll(/url\(["']?data:font\/(\w+);base64,([\w+/=]+)["']?\)/g, (_, format, base64) => {
      const source = Buffer.from(base64, 'base64');
      count += 1;
      // The form in which Vite refers to assets until it knows their addresses.
      return `url(__VITE_ASSET__${this.emitFile({ type: 'asset', name: `font-${count}.${format}`, source })}__)`;
    });
    if (count === 0) throw new Error(`${id} contains no fonts as base64: this plugin has nothing to do any longer.`);
    return replaced;
  },
};

/** Builds the GraphiQL page. Every asset is local: monaco, its workers and the fonts come from node_modules. */
export default defineConfig({
  root: 'src/web',
  base: '/graphiql/',
  plugins: [fontsAsFiles],
  build: {
    outDir: '../../dist/web',
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    // Every browser of that target supports module preloading.
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 4000,
    // React libraries mark files with "use client". Rolldown would print hundreds of warnings about it.
    rolldownOptions: {
      onLog: (level, log, report) => {
        if (log.code !== 'MODULE_LEVEL_DIRECTIVE') report(level, log);
      },
    },
  },
  worker: { format: 'es' },
  server: { proxy: { '/graphql': 'http://127.0.0.1:4000', '/export': 'http://127.0.0.1:4000' } },
});
