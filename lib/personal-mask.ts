/** Stands for a value that belongs to a person, in rows that are kept or shown. */
export const PERSONAL_MASK = '••••';
