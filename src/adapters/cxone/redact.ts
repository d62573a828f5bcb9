/** Removes secrets from texts that may reach people: the known ones in every encoding, bearer values and JSON web tokens. */
export function createRedactor(secrets: readonly (string | undefined)[]): (text: string) => string {
  const known = secrets
    .filter((secret): secret is string => secret !== undefined && secret.length >= 4)
    .flatMap((secret) => [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64')])
    .sort((a, b) => b.length - a.length)
  return (text) => {
    let clean = text
    for (const secret of known) clean = clean.replaceAll(secret, '***')
    return clean.replace(/\b(Bearer|Basic)\s+[^\s"',;]+/gi, '$1 ***').replace(/\beyJ[\w-]{5,}\.[\w-]+(\.[\w-]*)?/g, '***')
  }
}
