import { defineConfig } from 'vite';

/** Builds the GraphiQL page. Every asset is local: monaco, its workers and the fonts come from node_modules. */
export default defineConfig({
  root: 'src/web',
  base: '/graphiql/',
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
