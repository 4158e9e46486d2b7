export interface components {
  schemas: {
    Description: { en: string; fr: string };
    PageModel: {
      name: string; engine: string; state: "unloaded" | "loading" | "ready" | "failed";
      size_bytes: number; memory_bytes: number; parameters: number; quantization: string; context_tokens: number;
      licence: string; languages: string[]; chat: boolean; embeddings: boolean; images: boolean;
      description: components["schemas"]["Description"]; starter: boolean;
    };
    PageModels: { default: string; models: components["schemas"]["PageModel"][] };
    PageSettings: { version: string; api_key_required: boolean; max_tokens: number };
  };
}
