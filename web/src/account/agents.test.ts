import { expect, it } from "vitest";
import { browserName, systemName } from "./agents";

const CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";

it("names a browser and its system as people do", () => {
  expect(browserName(CHROME)).toBe("Chrome · Linux");
  expect(browserName(`${CHROME} Edg/140.0.0.0`)).toBe("Edge · Linux");
  expect(browserName("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1")).toBe("Safari · iPhone");
  expect(browserName("Mozilla/5.0 (Windows NT 10.0; rv:143.0) Gecko/20100101 Firefox/143.0")).toBe("Firefox · Windows");
  expect(browserName("curl/8.5.0")).toBe("curl");
  expect(browserName("something")).toBe("");
  expect(systemName("Mozilla/5.0 (Linux; Android 15; Pixel 9)")).toBe("Android");
});
