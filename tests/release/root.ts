/** The project's folder, as a path with a slash at its end. */
export const ROOT: string = decodeURIComponent(
  new URL("../../", import.meta.url).pathname.replace(/^\/([A-Za-z]:)/, "$1"),
);
