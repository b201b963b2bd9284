// What `npm start` runs: plain JavaScript, so that an old Node can still say what is missing.
// npm puts node_modules/.bin first, where the Node 24 that came with `npm ci` stands.
const major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  console.error(
    `Weir needs Node 24 and this is ${process.version}. npm has no Node 24 for ${process.platform}-${process.arch}, ` +
      'or optional packages were left out: install Node 24, or run npm ci without --omit=optional.',
  );
  process.exit(1);
}
await import('./start.ts');
