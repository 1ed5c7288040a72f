/** A history that keeps nothing. */
export const noHistory = { invoked: (): void => undefined };
