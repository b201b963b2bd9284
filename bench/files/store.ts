/** `store FOLDER`: an S3 server with a bucket `datalake`. Prints its address. */
import S3rver from 's3rver';

const [directory = ''] = process.argv.slice(2);
const server = new S3rver({
  ...{ address: '127.0.0.1', port: 0, silent: true, directory },
  configureBuckets: [{ name: 'datalake', configs: [] }],
});
const { port } = await server.run();
process.stdout.write(`http://127.0.0.1:${port}\n`);
