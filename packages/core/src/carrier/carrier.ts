/**
 * The contract between turnmux and whatever moves its messages.
 *
 * @module
 */

/** The JSON value that a host's envelope carries in wrapped carriage (`docs/spec.md` section 1). */
export interface WrappedMessage {
  readonly turnmux: readonly unknown[];
}

/** A WebSocket message: text as a string, binary as octets; in wrapped carriage, the JSON value inside the host's envelope. */
export type CarrierMessage = string | Uint8Array | WrappedMessage;

/** Why a carrier is gone. */
export interface CarrierLoss {
  /** The WebSocket close code, where there is one. */
  readonly code?: number;
  /** A sentence for logs and errors. */
  readonly reason: string;
}

/** What a carrier tells its channel. The channel installs it with {@link Carrier.start}. */
export interface CarrierListener {
  /**
   * A message arrived. The answer is true when the message was turnmux's: then the carrier keeps it from the host. It is
   * false for host traffic, which the carrier hands on unchanged. Octets pass into the listener's
   * ownership when the answer is true.
   */
  message(message: CarrierMessage): boolean;
  /**
   * The carrier can take more: octets that {@link Carrier.buffered} told of are gone, or {@link Carrier.blocked} is over. It may
   * also come without need. It never comes out of `send`.
   */
  drained(): void;
  /** The carrier is gone, once; nothing is sent or received afterwards. */
  lost(loss: CarrierLoss): void;
}

/**
 * Moves whole messages, in order and without loss, or reports that it is gone; nothing in between.
 *
 * A carrier never splits, joins, drops or reorders messages. `send` never throws and never blocks: what cannot be
 * sent any more is reported by `lost`.
 */
export interface Carrier {
  /**
   * Takes one message. Ownership of octets passes to the carrier. One that is given before `start`, or while the carrier is
   * blocked, waits in it, in order; how many is for the owner to limit.
   */
  send(message: CarrierMessage): void;
  /**
   * Octets handed to `send` that the socket has not taken yet.
   *
   * Not every socket says when this changes: a standard WebSocket does not. An owner that holds messages back because of it
   * waits for `drained`, and looks again on a timer of its own as well.
   */
  readonly buffered: number;
  /**
   * Octets of the whole socket, a host's included, that the network has not taken yet. Default: {@link buffered}. turnmux's own wait
   * behind a host's.
   */
  readonly pending?: number | undefined;
  /**
   * Grows while the network takes octets of the socket, whoever wrote them; how much says nothing, nor does a fall. By this a
   * socket that a host fills is told from a peer that reads nothing. Default: only a fall of {@link buffered} tells.
   */
  readonly taken?: number | undefined;
  /**
   * True while a message must wait, since the host is in the middle of a fragmented one (CARR-007) or the socket is still
   * connecting. `drained` follows.
   */
  readonly blocked: boolean;
  /**
   * Which form messages have. A gateway's channel answers in the form in which HELLO came, binary or text, whatever this
   * says; a client's channel speaks first, in this form.
   */
  readonly carriage: "binary" | "text" | "wrapped";
  /** True when the socket belongs to a host: turnmux never closes it (CARR-008). */
  readonly shared: boolean;
  /** Installs the listener and begins to deliver. Called once. Throws when the socket is attached already. */
  start(listener: CarrierListener): void;
  /**
   * Gives the socket back as it was. No further event reaches the listener. What waits for the end of a fragmented message
   * of the host's still follows it, so that the last word of a channel is said; other messages that wait are dropped.
   */
  detach(): void;
  /** Closes a socket that turnmux owns; on a shared one it does nothing. */
  close(code: number, reason: string): void;
}
