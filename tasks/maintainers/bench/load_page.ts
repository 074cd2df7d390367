/**
 * Loads what a browser loads before a person can work in JupyterLab: the
 * page, its scripts and styles, the settings and the notebook that it opens.
 * How long the browser then takes to run them is not in it.
 *
 * @param url The page's address, with its token.
 * @throws {Error} If something is not served.
 */
export async function loadPage(
  url: string,
  signal: AbortSignal,
): Promise<void> {
  const { origin, pathname, searchParams } = new URL(url);
  const headers = { authorization: `token ${searchParams.get("token")}` };
  const load = async (path: string) => {
    const response = await fetch(new URL(path, origin), { headers, signal });
    if (response.ok) return await response.text();
    await response.body?.cancel();
    throw new Error(
      `Cannot load JupyterLab's ${path}: the server says ${response.status}`,
    );
  };
  const page = await load(pathname);
  const parts = [
    ...page.matchAll(/<(?:script|link)[^>]*(?:src|href)="([^"]+)"/g),
  ]
    .map((match) => match[1]!);
  const notebook = pathname.replace(/^\/lab(\/tree)?/, "");
  await Promise.all([
    ...parts.map(load),
    load("/lab/api/settings"),
    load("/api/kernelspecs"),
    load(`/api/contents${notebook}`),
  ]);
}
