// The cases of this area; each file registers its own.
import "./receiving.ts";
import "./sending.ts";
import "./stated.ts";
