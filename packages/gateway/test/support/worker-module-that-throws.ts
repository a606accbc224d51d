/** A module of worker tools that is no use. */
export const build = (): string => "never";

throw new Error("the database is away");
