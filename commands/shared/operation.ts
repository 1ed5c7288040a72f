const operations = new WeakMap<Error, string>();

/**
 * Middleware for an AWS client that remembers for each error which operation of which service it came from: the SDK's
 * errors do not say.
 */
export const rememberOperation =
  <A, R>(next: (args: A) => Promise<R>, { clientName = "", commandName = "" }: Named) =>
  async (args: A): Promise<R> => {
    try {
      return await next(args);
    } catch (error) {
      const operation = `${clientName.replace(/Client$/, "")} ${commandName.replace(/Command$/, "")}`;
      if (error instanceof Error) operations.set(error, operation);
      throw error;
    }
  };

interface Named {
  readonly clientName?: string;
  readonly commandName?: string;
}

/** `DynamoDB GetItem`, for an error of an AWS client. */
export const operationOf = (error: Error): string | undefined => operations.get(error);
