/* Made from the server's OpenAPI schema by `npm run types`; not written by hand. */

export interface paths {
    "/api/models": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Models, for people */
        get: operations["models_api_models_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/settings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What the page must know of the server */
        get: operations["page_settings_api_settings_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /**
         * Description
         * @description Honest sentences about a model, by language (empty = there are none).
         */
        Description: {
            /** En */
            en: string;
            /** Fr */
            fr: string;
        };
        /**
         * ErrorAnswer
         * @description The body of every answer that is not a success.
         */
        ErrorAnswer: {
            error: components["schemas"]["ErrorDetail"];
        };
        /**
         * ErrorDetail
         * @description What went wrong.
         */
        ErrorDetail: {
            /** Message */
            message: string;
            /** Type */
            type: string;
            /** Param */
            param: string | null;
            /** Code */
            code: string;
            /**
             * Hint
             * @default null
             */
            hint: string | null;
        };
        /**
         * PageModel
         * @description A model as the page shows it.
         */
        PageModel: {
            /** Name */
            name: string;
            /** Engine */
            engine: string;
            /**
             * State
             * @enum {string}
             */
            state: "unloaded" | "loading" | "ready" | "failed";
            /** Size Bytes */
            size_bytes: number;
            /** Memory Bytes */
            memory_bytes: number;
            /** Parameters */
            parameters: number;
            /** Quantization */
            quantization: string;
            /** Context Tokens */
            context_tokens: number;
            /** Licence */
            licence: string;
            /** Languages */
            languages: string[];
            /** Chat */
            chat: boolean;
            /** Embeddings */
            embeddings: boolean;
            /** Images */
            images: boolean;
            description: components["schemas"]["Description"];
            /** Starter */
            starter: boolean;
        };
        /**
         * PageModels
         * @description All models, and the one that answers when none is chosen.
         */
        PageModels: {
            /** Default */
            default: string;
            /** Models */
            models: components["schemas"]["PageModel"][];
        };
        /**
         * PageSettings
         * @description What the page must know of the server.
         */
        PageSettings: {
            /** Version */
            version: string;
            /** Api Key Required */
            api_key_required: boolean;
            /** Max Tokens */
            max_tokens: number;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    models_api_models_get: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PageModels"];
                };
            };
            /** @description The request is not valid, or asks for what the model cannot do */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description An API key is required, or wrong */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description Another origin, or a Host header that is not this machine's */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description There is no such model or object */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description Too many requests at once; see Retry-After */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description The server failed */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
        };
    };
    page_settings_api_settings_get: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PageSettings"];
                };
            };
            /** @description The request is not valid, or asks for what the model cannot do */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description An API key is required, or wrong */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description Another origin, or a Host header that is not this machine's */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description There is no such model or object */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description Too many requests at once; see Retry-After */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description The server failed */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
        };
    };
}
