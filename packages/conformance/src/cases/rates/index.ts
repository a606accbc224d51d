// The cases of this area; each file registers its own.
import "./rates.ts";
