// The cases of this area; each file registers its own.
export {};
