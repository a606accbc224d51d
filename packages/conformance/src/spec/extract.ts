/**
 * From the specification's text to its requirements.
 *
 * A requirement is a list item that begins with an identifier in brackets: `- [FRAME-003] A sender MUST ...`. Each word MUST,
 * SHOULD or MAY in it is a clause, the smallest thing that a case can be about.
 *
 * @module
 */
import { createHash } from "node:crypto";

/** How much a clause asks for. */
export type Level = "MUST" | "SHOULD" | "MAY";

/** Whom a clause binds. */
export type SpecRole = "gateway" | "client" | "both";

/** What one RFC word asks for. */
export interface Clause {
  /**
   * `FRAME-003` where the requirement has one word of its level, `FRAME-003.1` and so on where it has several. Words of a lower level
   * than the requirement's have it in their name: `CONT-006.should`, `FLOW-006.should.1`.
   */
  readonly id: string;
  readonly level: Level;
  readonly role: SpecRole;
  /** The sentence in which the word stands. */
  readonly text: string;
}

/** One numbered rule. */
export interface Requirement {
  readonly id: string;
  /** The highest level among its clauses. */
  readonly level: Level;
  /** The role that all its clauses have in common, otherwise `both`. */
  readonly role: SpecRole;
  /** The heading below which it stands: `2. Frames`. */
  readonly section: string;
  readonly text: string;
  /** Changes when the text does. */
  readonly hash: string;
  readonly clauses: readonly Clause[];
}

/** What {@link extract} found: where there are problems the requirements are not to be relied on. */
export interface Extraction {
  readonly requirements: readonly Requirement[];
  /** Sentences that begin with the page and the line. */
  readonly problems: readonly string[];
}

interface Item {
  readonly id: string;
  readonly line: number;
  readonly section: string;
  text: string;
}

const LEVELS: readonly Level[] = ["MUST", "SHOULD", "MAY"];

/** The words of RFC 2119 that the specification uses. */
const WORD = /\b(MUST|SHOULD|MAY)\b/g;

/** Those that it does without: each has a synonym above. */
const OTHER_WORD = /\b(SHALL|REQUIRED|RECOMMENDED|OPTIONAL)\b|\bMAY NOT\b/;

/** The one sentence outside of an item that has the words: it says what they mean. */
const ABOUT_THE_WORDS = /\bRFC 2119\b/;

/** Reads a page. `page` is its name, for problems. */
export function extract(text: string, page: string): Extraction {
  const problems: string[] = [];
  const items = itemsOf(text, (line, problem) => problems.push(`${page}:${line}: ${problem}`));
  const seen = new Set<string>();
  const latest = new Map<string, string>();
  const requirements: Requirement[] = [];
  for (const item of items) {
    const at = `${page}:${item.line}: ${item.id}`;
    const area = item.id.slice(0, item.id.indexOf("-"));
    const before = latest.get(area);
    if (seen.has(item.id)) problems.push(`${at} is there twice`);
    else if (before !== undefined && before > item.id) problems.push(`${at} stands behind ${before}`);
    seen.add(item.id);
    latest.set(area, item.id);
    const other = OTHER_WORD.exec(item.text);
    if (other !== null)
      problems.push(`${at} has the word ${other[0]}: MUST, MUST NOT, SHOULD, SHOULD NOT or MAY say it`);
    const clauses = clausesOf(item);
    const [first] = clauses;
    if (first === undefined) {
      problems.push(`${at} has none of the words MUST, SHOULD and MAY`);
      continue;
    }
    const level = LEVELS.find((one) => clauses.some((clause) => clause.level === one)) ?? first.level;
    const role = clauses.every((clause) => clause.role === first.role) ? first.role : "both";
    requirements.push({
      id: item.id,
      level,
      role,
      section: item.section,
      text: item.text,
      hash: hashOf(item.text),
      clauses,
    });
  }
  return { requirements, problems };
}

/** The numbered items, each on one line of text; tells of what is wrong outside of them. */
function itemsOf(text: string, problem: (line: number, sentence: string) => void): Item[] {
  const items: Item[] = [];
  let section = "";
  let open: Item | undefined;
  text.split("\n").forEach((content, index) => {
    const line = index + 1;
    const begin = /^- \[([^\]]+)\] (.*)$/.exec(content);
    if (begin !== null) {
      const [, id = "", rest = ""] = begin;
      open = undefined;
      if (!/^[A-Z]+-\d{3}$/.test(id)) {
        problem(line, `${id} is no identifier like FRAME-003`);
        return;
      }
      open = { id, line, section, text: rest.trim() };
      items.push(open);
      return;
    }
    if (open !== undefined && /^ {2}\S/.test(content)) {
      open.text += ` ${content.trim()}`;
      return;
    }
    open = undefined;
    const heading = /^## (.*)$/.exec(content);
    if (heading !== null) section = heading[1] ?? "";
    if (ABOUT_THE_WORDS.test(content)) return;
    const word = /\b(MUST|SHOULD|MAY)\b/.exec(content) ?? OTHER_WORD.exec(content);
    if (word !== null) problem(line, `the word ${word[0]} stands outside of a numbered item`);
  });
  return items;
}

function clausesOf(item: Item): Clause[] {
  const words = sentencesOf(item.text).flatMap((text) =>
    [...text.matchAll(WORD)].map((match) => ({ level: match[0] as Level, role: roleOf(text, match.index), text })),
  );
  const highest = LEVELS.find((level) => words.some((word) => word.level === level));
  const counts = new Map<Level, number>();
  return words.map((word): Clause => {
    const count = (counts.get(word.level) ?? 0) + 1;
    counts.set(word.level, count);
    const several = words.filter(({ level }) => level === word.level).length > 1;
    const name = word.level === highest ? item.id : `${item.id}.${word.level.toLowerCase()}`;
    return { id: several ? `${name}.${count}` : name, ...word };
  });
}

/** Who the sentence says must: the noun right before the word, or else the one that the sentence begins with. */
function roleOf(sentence: string, at: number): SpecRole {
  const before = sentence.slice(0, at);
  const noun = /\b(?:a|the) (gateway|client) $/i.exec(before) ?? /^\(?(?:a|the) (gateway|client)\b/i.exec(before);
  const role = noun?.[1]?.toLowerCase();
  return role === "gateway" || role === "client" ? role : "both";
}

/** Cuts text behind each full stop that a new sentence follows. */
export function sentencesOf(text: string): string[] {
  return text.split(/(?<=[.?!]\)?) (?=[A-Z(`])/);
}

function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}
