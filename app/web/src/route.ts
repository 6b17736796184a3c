/** Where the page is: `#/name/id?query`. Works on any server, with no fallback for unknown paths. */

export interface Route {
  name: string;
  id: string | null;
  query: URLSearchParams;
}

export function readRoute(hash: string = location.hash): Route {
  const [path = "", search = ""] = hash.replace(/^#\/?/, "").split("?");
  const [name = "", part] = path.split("/");
  return { name: name || "datasets", id: part ? decodeURIComponent(part) : null, query: new URLSearchParams(search) };
}

export function link(name: string, id?: string | null, query: Record<string, string> = {}): string {
  const search = new URLSearchParams(query).toString();
  return `#/${name}${id ? "/" + encodeURIComponent(id) : ""}${search ? "?" + search : ""}`;
}

export function go(address: string): void {
  location.hash = address;
}
