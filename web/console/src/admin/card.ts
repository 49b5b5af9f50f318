// A neighbour's card: the text that its administrator sends.

export interface Card {
  name?: string;
  address: string;
  certificate: string;
}

/** The card in the text; undefined where there is none. */
export function cardOf(text: string): Card | undefined {
  try {
    const c = JSON.parse(text.trim()) as Partial<Card>;
    if (typeof c.address !== 'string' || !c.address.includes(':') || typeof c.certificate !== 'string' || !c.certificate.includes('BEGIN CERTIFICATE')) return undefined;
    return { name: typeof c.name === 'string' ? c.name : undefined, address: c.address, certificate: c.certificate };
  } catch {
    return undefined; // not pasted whole yet
  }
}

/** The SHA-256 of the certificate in DER form, in hexadecimal; '' where it cannot be read. */
export async function fingerprintOf(pem: string): Promise<string> {
  const body = /-----BEGIN CERTIFICATE-----([\s\S]+?)-----END CERTIFICATE-----/.exec(pem)?.[1]?.replace(/\s+/g, '');
  if (!body) return '';
  try {
    const der = Uint8Array.from(atob(body), (c) => c.charCodeAt(0));
    return [...new Uint8Array(await crypto.subtle.digest('SHA-256', der))].map((b) => b.toString(16).padStart(2, '0')).join('');
  } catch {
    return '';
  }
}
