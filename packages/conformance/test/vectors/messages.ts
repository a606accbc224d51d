/**
 * Whole messages of each carriage: in order, the host's, and those that break a requirement.
 *
 * @module
 */
import * as build from "../../src/wire/build.ts";
import { encodeMessage, type Carriage } from "../../src/wire/message.ts";
import { hex, octetsOf } from "./format.ts";

/** A message. In binary carriage `message` is hexadecimal; otherwise it is the JSON text, without the host's envelope. */
export interface MessageVector {
  readonly name: string;
  readonly carriage: Carriage;
  readonly message: string;
  /** The receiver's own tag. */
  readonly tag: string;
  /** What the receiver makes of it: frames by name, the host's, or the requirement that it breaks. */
  readonly frames?: readonly string[];
  readonly sequence?: number;
  readonly host?: true;
  readonly requirement?: string;
}

const TAG = "5f0c9a1e22b7d403";
const ping = build.ping(1);
const open = build.open(1, { tool: "cron.list", callId: "c_1", deadlineMs: 30_000 }, new TextEncoder().encode("{}"));
const PING_ROW = "[34,0,0,[1],null]";

function made(carriage: Carriage, tag = TAG, frames = [ping], sequence = 7): string {
  const message = encodeMessage(carriage, octetsOf(tag), frames, sequence);
  return typeof message === "string" ? message : hex(message);
}

const inOrder = (["binary", "text", "wrapped"] as const).flatMap((carriage): MessageVector[] => {
  const sequence = carriage === "wrapped" ? { sequence: 7 } : {};
  return [
    { name: "one frame", carriage, message: made(carriage), tag: TAG, frames: ["ping"], ...sequence },
    {
      name: "two frames",
      carriage,
      message: made(carriage, TAG, [open, ping]),
      tag: TAG,
      frames: ["open", "ping"],
      ...sequence,
    },
    { name: "another tag", carriage, message: made(carriage, "0102030405060708"), tag: TAG, host: true },
  ];
});

const host = (name: string, carriage: Carriage, message: string): MessageVector => ({
  name,
  carriage,
  message,
  tag: TAG,
  host: true,
});
const broken = (name: string, carriage: Carriage, requirement: string, message: string): MessageVector => ({
  name,
  carriage,
  message,
  tag: TAG,
  requirement,
});

/** The vectors of messages. */
export function messageVectors(): readonly MessageVector[] {
  return [
    ...inOrder,
    host("nothing at all", "binary", ""),
    host("MessagePack", "binary", "93010203"),
    host("another tag, and no frames", "binary", "c1010102030405060708"),
    host("another tag, and a frame that is cut off", "binary", "c1010102030405060708ffff"),
    host("text of the host", "text", '{"type":"hello"}'),
    host("a member of the same name behind another", "text", `{"id":1,"turnmux":[1,"${TAG}",${PING_ROW}]}`),
    host("a space in front", "text", ` {"turnmux":[1,"${TAG}",${PING_ROW}]}`),
    host("a space inside of what a message begins with", "text", `{"turnmux": [1,"${TAG}",${PING_ROW}]}`),
    host("another tag, and no JSON", "text", '{"turnmux":[1,"0102030405060708",['),
    broken("no frame", "binary", "CARR-001", `c101${TAG}`),
    broken("a frame that is cut off", "binary", "FRAME-002", `c101${TAG}0000`),
    broken("no frame", "text", "CARR-001", `{"turnmux":[1,"${TAG}"]}`),
    broken("JSON that ends too soon", "text", "CARR-010", `{"turnmux":[1,"${TAG}",${PING_ROW}]`),
    broken("something behind the message", "text", "CARR-010", `{"turnmux":[1,"${TAG}",${PING_ROW}]}1`),
    broken("another member", "text", "CARR-010", `{"turnmux":[1,"${TAG}",${PING_ROW}],"id":1}`),
    broken("the member twice", "text", "CARR-010", `{"turnmux":[1,"${TAG}",${PING_ROW}],"turnmux":[]}`),
    broken("a frame that is no array", "text", "CARR-010", `{"turnmux":[1,"${TAG}",{}]}`),
    broken("no frame", "wrapped", "CARR-001", `{"turnmux":[1,"${TAG}",7]}`),
    broken("no number", "wrapped", "CARR-020", `{"turnmux":[1,"${TAG}",${PING_ROW}]}`),
    broken("a number below zero", "wrapped", "CARR-020", `{"turnmux":[1,"${TAG}",-1,${PING_ROW}]}`),
  ];
}
