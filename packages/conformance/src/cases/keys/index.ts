// The cases of this area; each file registers its own.
import "./repetitions.ts";
import "./joined.ts";
