/** A request that failed; the message is shown. `kind` is one of `ErrorBody`, or KernelGone. */
export class RequestFailed extends Error {
  override readonly name = "RequestFailed";
  constructor(
    readonly kind: string,
    message: string,
  ) {
    super(message);
  }
}
