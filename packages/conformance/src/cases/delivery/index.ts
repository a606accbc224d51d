import "./exactly-once.ts";
