/** A module of proof methods that cannot be loaded. */
throw new Error("this module cannot be loaded");
