/**
 * The timeout of the original report, and its text.
 *
 * @module
 */

/**
 * Gives the work so much time and no more. What it says afterwards, "gateway timeout after 1000ms", is all that the
 * model learns: not that the call was taken, not that it may still take effect.
 */
export async function withTimeout<T>(
  ms: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = AbortSignal.timeout(ms);
  try {
    return await work(AbortSignal.any([limit, signal]));
  } catch (error) {
    if (limit.aborted && !signal.aborted) throw new Error(`gateway timeout after ${ms}ms`, { cause: error });
    throw error;
  }
}
