// The cases of this area; each file registers its own.
import "./counting.ts";
import "./exactly-once.ts";
import "./keeping.ts";
