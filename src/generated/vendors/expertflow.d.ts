// Generated from openapi/vendors/expertflow.yaml by `npm run generate`. Do not edit.
export interface paths {
    "/agent-manager/agent/login": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Login of an agent or supervisor; the answer's keycloak_User opens the socket */
        post: operations["agentLogin"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/unified-admin/keycloakLogin": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** The same login for API integrations */
        post: operations["keycloakLogin"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/unified-admin/reasons": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** All reasons; the gateway never uses ?type=, which returns both types in known builds */
        get: operations["listReasons"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/routing-engine/agents/states": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Presence of all agents */
        get: operations["listAgentStates"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/routing-engine/agents/{agentId}/states": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Presence of one agent */
        get: operations["getAgentState"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/routing-engine/tasks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Present tasks of an agent */
        get: operations["listTasks"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/conversation-manager/customer-topics/{conversationId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who takes part in a conversation. Not documented; read only where the setting `conversations` says so, and the path may be another */
        get: operations["getConversation"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/routing-engine/agent-login": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** In-cluster login (session model in-cluster-rest); accepted, not applied */
        post: operations["engineAgentLogin"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/routing-engine/agent-state": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** In-cluster change of the global state; accepted, not applied */
        put: operations["engineAgentState"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/routing-engine/mrd-state": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** In-cluster change of one media routing domain's state; accepted, not applied */
        put: operations["engineMrdState"];
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
        Conversation: {
            id?: string;
            participants: {
                /** @description CUSTOMER, AGENT or BOT */
                type: string;
                /** @description PRIMARY, ASSISTANT, SILENT_MONITOR (shared object model); WHISPER and BARGE_IN are assumed */
                role: string;
                isActive?: boolean;
                /** @description Of an agent: a CCUser with keycloakUser */
                participant?: Record<string, never>;
            }[];
        };
        /** Format: uuid */
        Uuid: string;
        /** @description Epoch ms; tolerated as digits or ISO text */
        EpochMs: number | string;
        LoginRequest: {
            username: string;
            password: string;
        };
        LoginAnswer: {
            statusCode?: number;
            data: {
                token: string;
                refresh_token?: string;
                keycloak_User: components["schemas"]["KeycloakUser"];
            };
        };
        KeycloakUser: {
            id: components["schemas"]["Uuid"];
            username?: string;
            firstName?: string | null;
            lastName?: string | null;
            roles?: string[];
            realm?: string;
            userTeam?: components["schemas"]["Team"] | null;
            supervisedTeams?: components["schemas"]["Team"][];
        };
        Team: {
            teamId?: string | number;
            teamName?: string;
        };
        KeycloakError: {
            error_message: string;
            error_detail?: {
                status?: number | string;
                reason?: string | Record<string, never> | null;
            };
        };
        DeskError: {
            statusCode: number;
            msg?: string;
        };
        Reason: {
            id: string;
            name?: string;
            /** @description Older builds */
            label?: string;
            description?: string | null;
            /** @enum {string} */
            type: "LOGOUT" | "NOT_READY" | "LOG_OUT";
            code?: number;
            isDeleted?: boolean;
            /** Format: date-time */
            createdAt?: string;
            /** Format: date-time */
            updatedAt?: string;
        };
        /** @description A reason on a state; the least that the seed's sample shows */
        ReasonCode: {
            id: string;
            name: string;
            /** @enum {string} */
            type: "LOGOUT" | "NOT_READY";
            description?: string | null;
            code?: number;
        };
        AdminError: {
            error?: string;
            code?: number | string;
            message?: string;
        };
        EngineError: {
            timestamp?: string | number;
            error: string;
            message?: string;
        };
        EngineAck: {
            agentId?: string;
            timestamp?: string | number;
            message?: string;
        };
        AgentPresence: {
            agent: {
                id: components["schemas"]["Uuid"];
                participantType?: string;
                keycloakUser?: components["schemas"]["KeycloakUser"];
            };
            state: {
                /** @description LOGIN, NOT_READY, READY, LOGOUT; documents add UNKNOWN */
                name: string;
                reasonCode?: Record<string, never> | string | null;
            };
            stateChangeTime?: components["schemas"]["EpochMs"];
            agentLoginTime?: components["schemas"]["EpochMs"] | null;
            agentMrdStates?: components["schemas"]["AgentMrdState"][];
        };
        AgentMrdState: {
            mrd: {
                id: string;
                type?: string | null;
                name?: string;
                description?: string | null;
                maxRequests?: number;
                interruptible?: boolean;
            };
            /** @description Unknown names are allowed: newer releases add RESERVED */
            state: string;
            previousState?: string | null;
            stateChangeTime?: components["schemas"]["EpochMs"];
            lastReadyStateChangeTime?: components["schemas"]["EpochMs"] | null;
            maxAgentTasks?: number;
        };
        /** @description Either form; the newer one has activeMedia, the older one mrd and channelSession */
        Task: {
            id: string;
            conversationId?: string;
            state?: {
                name?: string;
                reasonCode?: string | null;
            };
            type?: components["schemas"]["TaskType"];
            mrd?: {
                id?: string;
                name?: string;
            };
            queue?: {
                id?: string;
                name?: string;
            } | null;
            channelSession?: {
                conversationId?: string;
            };
            activeMedia?: {
                mrdId?: string;
                state?: string;
                queue?: {
                    id?: string;
                    name?: string;
                } | null;
                type?: components["schemas"]["TaskType"];
            }[];
        };
        TaskType: {
            /** @description INBOUND, OUTBOUND, CONSULT, DIRECT_TRANSFER, DIRECT_CONFERENCE … */
            direction?: string;
            mode?: string;
        } | null;
        RequestedState: {
            /** @enum {string} */
            name: "READY" | "NOT_READY" | "LOGOUT";
            reasonCode: components["schemas"]["ReasonCode"] | null;
        };
        ChangeAgentState: {
            agentId: components["schemas"]["Uuid"];
            /** @constant */
            action: "agentState";
            state: components["schemas"]["RequestedState"];
        };
        ChangeAgentMrdState: {
            agentId: components["schemas"]["Uuid"];
            /** @constant */
            action: "agentMRDState";
            /** @enum {string} */
            state: "READY" | "NOT_READY";
            mrdId: string;
        };
        AgentPresenceEvent: {
            /** @description AGENT_STATE_CHANGED or AGENT_STATE_UNCHANGED */
            action?: string;
            agentStateChanged?: boolean;
            mrdStateChanges?: string[];
            correlationId?: string | null;
            agentPresence: components["schemas"]["AgentPresence"];
        };
        ErrorsEvent: {
            task?: string;
            msg?: string;
            statusCode?: number | string;
        };
    };
    responses: {
        /** @description Token and identity */
        LoggedIn: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["LoginAnswer"];
            };
        };
        /** @description One of two shapes */
        LoginRefused: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["KeycloakError"] | components["schemas"]["DeskError"];
            };
        };
        /** @description The request was received; its effect comes as an event */
        EngineAccepted: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["EngineAck"];
            };
        };
        /** @description Refused */
        EngineRefused: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["EngineError"];
            };
        };
    };
    parameters: {
        AgentId: components["schemas"]["Uuid"];
    };
    requestBodies: {
        Login: {
            content: {
                "application/json": components["schemas"]["LoginRequest"];
            };
        };
    };
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    agentLogin: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: components["requestBodies"]["Login"];
        responses: {
            200: components["responses"]["LoggedIn"];
            default: components["responses"]["LoginRefused"];
        };
    };
    keycloakLogin: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: components["requestBodies"]["Login"];
        responses: {
            200: components["responses"]["LoggedIn"];
            default: components["responses"]["LoginRefused"];
        };
    };
    listReasons: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The reasons, soft-deleted ones included */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Reason"][];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AdminError"];
                };
            };
        };
    };
    listAgentStates: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The presences */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AgentPresence"][];
                };
            };
            default: components["responses"]["EngineRefused"];
        };
    };
    getAgentState: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                agentId: components["parameters"]["AgentId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The presence */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AgentPresence"];
                };
            };
            default: components["responses"]["EngineRefused"];
        };
    };
    listTasks: {
        parameters: {
            query: {
                agentId: components["schemas"]["Uuid"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The tasks */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Task"][];
                };
            };
            default: components["responses"]["EngineRefused"];
        };
    };
    getConversation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                conversationId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The conversation, in the form of `onTopicData.topicData` */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Conversation"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                };
            };
        };
    };
    engineAgentLogin: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["KeycloakUser"];
            };
        };
        responses: {
            200: components["responses"]["EngineAccepted"];
            default: components["responses"]["EngineRefused"];
        };
    };
    engineAgentState: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    agentId: components["schemas"]["Uuid"];
                    state: components["schemas"]["RequestedState"];
                };
            };
        };
        responses: {
            200: components["responses"]["EngineAccepted"];
            default: components["responses"]["EngineRefused"];
        };
    };
    engineMrdState: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    agentId: components["schemas"]["Uuid"];
                    mrdId: string;
                    /** @enum {string} */
                    state: "READY" | "NOT_READY";
                };
            };
        };
        responses: {
            200: components["responses"]["EngineAccepted"];
            default: components["responses"]["EngineRefused"];
        };
    };
}
