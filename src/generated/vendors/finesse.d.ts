// Generated from openapi/vendors/finesse.yaml by `npm run generate`. Do not edit.
export interface paths {
    "/SystemInfo": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Status of this node, and the domains of its notification service (section 4.7) */
        get: operations["getSystemInfo"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/User/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: components["parameters"]["Id"];
            };
            cookie?: never;
        };
        /** State, reason, extension and teams of a user (sections 4.2 and 4.4) */
        get: operations["getUser"];
        /** Sign in, ready, not ready, sign out; with a supervisor's credentials for an agent of its teams (section 4.2) */
        put: operations["changeUserState"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/User/{id}/ReasonCodes": {
        parameters: {
            query: {
                category: components["parameters"]["Category"];
            };
            header?: never;
            path: {
                id: components["parameters"]["Id"];
            };
            cookie?: never;
        };
        /** Reasons of the own user; deprecated in 12.5 (section 4.6) */
        get: operations["getUserReasonCodes"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/TeamResource/{id}/ReasonCodes": {
        parameters: {
            query: {
                category: components["parameters"]["Category"];
            };
            header?: never;
            path: {
                id: components["parameters"]["Id"];
            };
            cookie?: never;
        };
        /** Reasons of a team, 12.5 and later (section 4.6) */
        get: operations["getTeamReasonCodes"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/Team/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: components["parameters"]["Id"];
            };
            cookie?: never;
        };
        /** Users of a team with their states (section 4.2) */
        get: operations["getTeam"];
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
        /** @enum {string} */
        Category: "NOT_READY" | "LOGOUT";
        /**
         * @description Section 4.3. Other words are possible and are kept as they came
         * @example LOGIN
         * @example LOGOUT
         * @example NOT_READY
         * @example READY
         * @example RESERVED
         * @example RESERVED_OUTBOUND
         * @example RESERVED_OUTBOUND_PREVIEW
         * @example TALKING
         * @example HOLD
         * @example WORK
         * @example WORK_READY
         * @example UNKNOWN
         */
        State: string;
        UserChange: {
            /** @enum {string} */
            state: "LOGIN" | "READY" | "NOT_READY" | "LOGOUT";
            /** @description Database id of the reason */
            reasonCodeId?: string;
            /** @description LOGIN */
            extension?: string;
            /** @description LOGIN */
            activeDeviceId?: string;
            /** @description LOGIN */
            mobileAgent?: {
                mode: string;
                dialNumber: string;
            };
            /**
             * @description LOGOUT
             * @constant
             */
            logoutAllMedia?: "true";
        };
        User: {
            loginId: string;
            loginName?: string;
            state: components["schemas"]["State"];
            /** @description Empty when there is none */
            pendingState?: string;
            /** Format: date-time */
            stateChangeTime?: string;
            /** @description -1 when there is none */
            reasonCodeId?: string;
            reasonCode?: components["schemas"]["ReasonCode"];
            /** @description Empty when signed out */
            extension?: string;
            /** @description 1 is voice */
            mediaType?: string;
            teamId?: string;
            teamName?: string;
            /** @description Of a supervisor */
            teams?: {
                Team?: {
                    id?: string;
                    name?: string;
                    uri?: string;
                }[];
            };
            uri?: string;
        };
        ReasonCode: {
            /** @description Its last element is the id */
            uri?: string;
            id?: string;
            category?: components["schemas"]["Category"];
            code?: string;
            label?: string;
            forAll?: string;
            systemCode?: string;
        };
        ReasonCodes: {
            ReasonCode?: components["schemas"]["ReasonCode"][];
        };
        Team: {
            id?: string;
            name?: string;
            users?: {
                User?: components["schemas"]["User"][];
            };
        };
        SystemInfo: {
            /**
             * @example IN_SERVICE
             * @example OUT_OF_SERVICE
             */
            status: string;
            xmppDomain?: string;
            xmppPubSubDomain?: string;
        };
        ApiErrors: {
            ApiError?: {
                ErrorType?: string;
                ErrorMessage?: string;
                ErrorData?: string;
            };
        };
    };
    responses: {
        /** @description The request was refused */
        Error: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/xml": components["schemas"]["ApiErrors"];
            };
        };
    };
    parameters: {
        Id: string;
        RequestId: string;
        Category: components["schemas"]["Category"];
    };
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    getSystemInfo: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Also while the node is out of service */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/xml": components["schemas"]["SystemInfo"];
                };
            };
            503: components["responses"]["Error"];
        };
    };
    getUser: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: components["parameters"]["Id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The user */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/xml": components["schemas"]["User"];
                };
            };
            401: components["responses"]["Error"];
            404: components["responses"]["Error"];
            503: components["responses"]["Error"];
        };
    };
    changeUserState: {
        parameters: {
            query?: never;
            header: {
                requestId: components["parameters"]["RequestId"];
            };
            path: {
                id: components["parameters"]["Id"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/xml": components["schemas"]["UserChange"];
            };
        };
        responses: {
            /** @description Taken. The outcome comes as a notification with the same requestId */
            202: {
                headers: {
                    requestId?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["Error"];
            401: components["responses"]["Error"];
            404: components["responses"]["Error"];
            500: components["responses"]["Error"];
            503: components["responses"]["Error"];
        };
    };
    getUserReasonCodes: {
        parameters: {
            query: {
                category: components["parameters"]["Category"];
            };
            header?: never;
            path: {
                id: components["parameters"]["Id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The list */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/xml": components["schemas"]["ReasonCodes"];
                };
            };
            401: components["responses"]["Error"];
        };
    };
    getTeamReasonCodes: {
        parameters: {
            query: {
                category: components["parameters"]["Category"];
            };
            header?: never;
            path: {
                id: components["parameters"]["Id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The list */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/xml": components["schemas"]["ReasonCodes"];
                };
            };
            401: components["responses"]["Error"];
        };
    };
    getTeam: {
        parameters: {
            query: {
                includeLoggedOutAgents: true;
            };
            header?: never;
            path: {
                id: components["parameters"]["Id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The team */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/xml": components["schemas"]["Team"];
                };
            };
            401: components["responses"]["Error"];
        };
    };
}
