// Before the package is packed: the documents that whoever installs it works by, which stand in the repository's own folder.

import { copyFileSync, mkdirSync } from "node:fs";

const from = new URL("../../../docs/", import.meta.url);
const to = new URL("../docs/", import.meta.url);
mkdirSync(to, { recursive: true });
for (const name of ["spec.md", "implementing.md"]) copyFileSync(new URL(name, from), new URL(name, to));
