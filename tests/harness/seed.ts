import fc from 'fast-check';

/** `npm test` tries the same random inputs everywhere, so that a failure repeats; `WEIR_SEED=random` tries others, and so does the soak. */
const { WEIR_SEED = '20261125' } = process.env;
if (WEIR_SEED !== 'random') fc.configureGlobal({ seed: Number(WEIR_SEED) });
