import { expect, it } from "vitest";
import type { PageModel } from "../api/types";
import { chosenModels, choose, nameInUse } from "./choosing";
import { type Server, behind, inOrder, modelInUse, ownModels, server } from "./server";

const model = (name: string, release: PageModel["release"] = null): PageModel => ({
  name, release, engine: "far", state: "ready", size_bytes: 0, memory_bytes: 0, parameters: 0, quantization: "", context_tokens: 0, licence: "",
  languages: [], chat: true, embeddings: false, images: false, description: { en: "", fr: "" }, starter: false,
});
const stands = (name: string): PageModel["release"] => ({ model: name, version: "ab12", stage: "share", share: 0.1 });
const state: Server = {
  settings: null, default: "chat", failure: null, needsKey: false, asked: true,
  models: [model("chat", stands("two")), model("chat-fr", stands("one")), model("one"), model("two"), model("three")],
};
const names = (models: PageModel[]): string[] => models.map(({ name }) => name);

it("shows what is released first, then favourites, then the others", () => {
  expect(names(inOrder(state.models, []))).toEqual(["chat", "chat-fr", "one", "two", "three"]);
  expect(names(inOrder(state.models, ["three", "chat-fr"]))).toEqual(["chat-fr", "chat", "three", "one", "two"]);
  expect(names(inOrder([model("one"), model("chat", stands("one"))], ["one"]))).toEqual(["chat", "one"]);
});

it("asks by the released name, which the server splits, and not by the model of the moment", () => {
  server.set(state);
  expect(nameInUse()).toBe("chat");
  expect(chosenModels()).toEqual({ models: ["chat"], blind: false });
  choose({ model: "chat-fr" });
  expect(chosenModels().models).toEqual(["chat-fr"]);
  choose({ model: "gone" });
  expect(chosenModels().models).toEqual(["chat"]);
  choose({ model: "three" });
  expect(chosenModels().models).toEqual(["three"]);
  choose({ model: "" });
});

it("compares and judges models, not names", () => {
  expect(names(ownModels(state))).toEqual(["one", "two", "three"]);
  expect(names(ownModels({ ...state, models: [model("one", stands("one"))] })), "a name that is the model's own").toEqual(["one"]);
  expect(["chat", "chat-fr", "three"].map((name) => behind(modelInUse(state, name)!))).toEqual(["two", "one", "three"]);
});
