/**
 * Threads that run from source, as in this repository's tests.
 *
 * @module
 */

/** What a thread needs beside its own file where that is TypeScript: then the workspace's packages are, too. */
export function fromSource(url: URL): string[] {
  return url.pathname.endsWith(".ts") ? ["--conditions=turnmux-source"] : [];
}
