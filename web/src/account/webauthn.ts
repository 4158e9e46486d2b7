/**
 * Passkeys in the browser: between the server's JSON and the bytes that `navigator.credentials` takes.
 *
 * Does: by hand what `parseCreationOptionsFromJSON` and `toJSON` do, which browsers of 2023 do not have yet.
 * Does not: talk with the server.
 */

type Json = Record<string, unknown>;

/** Whether this browser knows passkeys; it shows them to pages with https, or on this machine, alone. */
export const hasPasskeys = (): boolean => typeof PublicKeyCredential !== "undefined" && isSecureContext;

export function bytesOf(base64url: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64url.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
}

export function base64urlOf(bytes: ArrayBuffer): string {
  return btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

const described = (list: unknown): PublicKeyCredentialDescriptor[] =>
  ((list ?? []) as (Json & { id: string })[]).map((one) => ({ ...one, id: bytesOf(one.id) }) as unknown as PublicKeyCredentialDescriptor);

/** Asks the person's device for a new passkey. Throws a `DOMException` when they turn away. */
export async function makePasskey(options: Json): Promise<Json> {
  const user = options.user as Json & { id: string };
  const publicKey = {
    ...options,
    challenge: bytesOf(options.challenge as string),
    user: { ...user, id: bytesOf(user.id) },
    excludeCredentials: described(options.excludeCredentials),
  } as unknown as PublicKeyCredentialCreationOptions;
  const made = (await navigator.credentials.create({ publicKey })) as PublicKeyCredential;
  const response = made.response as AuthenticatorAttestationResponse;
  return told(made, {
    attestationObject: base64urlOf(response.attestationObject),
    transports: response.getTransports?.() ?? [],
  });
}

/** Asks the person's device to show a passkey of theirs. Throws a `DOMException` when they turn away. */
export async function showPasskey(options: Json): Promise<Json> {
  const publicKey = {
    ...options,
    challenge: bytesOf(options.challenge as string),
    allowCredentials: described(options.allowCredentials),
  } as unknown as PublicKeyCredentialRequestOptions;
  const shown = (await navigator.credentials.get({ publicKey })) as PublicKeyCredential;
  const response = shown.response as AuthenticatorAssertionResponse;
  return told(shown, {
    authenticatorData: base64urlOf(response.authenticatorData),
    signature: base64urlOf(response.signature),
    userHandle: response.userHandle ? base64urlOf(response.userHandle) : null,
  });
}

function told(credential: PublicKeyCredential, response: Json): Json {
  return {
    id: credential.id,
    rawId: base64urlOf(credential.rawId),
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment,
    clientExtensionResults: credential.getClientExtensionResults(),
    response: { clientDataJSON: base64urlOf(credential.response.clientDataJSON), ...response },
  };
}

/** Whether the person themselves turned away: nothing to complain about. */
export const turnedAway = (error: unknown): boolean => error instanceof DOMException && ["NotAllowedError", "AbortError"].includes(error.name);

/** Whether the device holds a passkey of this account already. */
export const alreadyThere = (error: unknown): boolean => error instanceof DOMException && error.name === "InvalidStateError";
