/** An app for phones shows its licences in its store's own way. */
export const Licences = () => null;
