import weir from '../../package.json' with { type: 'json' };

export const VERSION: string = weir.version;
