/** Messages of failures that happen in the page. */
const MESSAGES = {
  KernelGone: "The kernel was restarted or shut down. Run the cell again.",
  BadReply: "The kernel sent an invalid reply.",
  AnswerLost: "The kernel's reply was lost. Try again.",
  NotSent: "The request did not reach the kernel.",
  ViewClosed: "The view was closed.",
} as const;

/** A failed request. `kind` is a key of `MESSAGES` or the kind of an `ErrorBody`. */
export class RequestFailed extends Error {
  override readonly name = "RequestFailed";
  constructor(
    readonly kind: string,
    message: string,
  ) {
    super(message);
  }
}

export const requestFailed = (kind: keyof typeof MESSAGES): RequestFailed =>
  new RequestFailed(kind, MESSAGES[kind]);
