// Generated from openapi/vendors/cxone.yaml by `npm run generate`. Do not edit.
export interface paths {
    "/auth/token": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** @description Password grant with an access key, or refresh grant (2.2) */
        post: operations["token"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/authentication/v1/token/access-key": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** @description The older access-key call, no client (2.3) */
        post: operations["userHubToken"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/.well-known/cxone-configuration": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** @description Where a tenant's API is (2.1) */
        get: operations["discovery"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/incontactapi/services/{version}/agents/{agentId}/state": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                version: components["parameters"]["version"];
                agentId: components["parameters"]["agentId"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** @description Supervisor's change of state (4.1); 200 is not a confirmation */
        post: operations["setState"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/incontactapi/services/{version}/agents/{agentId}/logout": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                version: components["parameters"]["version"];
                agentId: components["parameters"]["agentId"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** @description Forced logout, no body (4.1) */
        post: operations["logout"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/incontactapi/services/{version}/agents/{agentId}/states": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                version: components["parameters"]["version"];
                agentId: components["parameters"]["agentId"];
            };
            cookie?: never;
        };
        /** @description One agent's state; never with updatedSince (4.2) */
        get: operations["readAgent"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/incontactapi/services/{version}/agents/states": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                version: components["parameters"]["version"];
            };
            cookie?: never;
        };
        /** @description States of all agents, or those changed since (4.2) */
        get: operations["listStates"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/incontactapi/services/{version}/agents/{agentId}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                version: components["parameters"]["version"];
                agentId: components["parameters"]["agentId"];
            };
            cookie?: never;
        };
        /** @description The agent's team (4.6) */
        get: operations["agentDetails"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/incontactapi/services/{version}/teams/{teamId}/unavailable-codes": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                version: components["parameters"]["version"];
                teamId: string;
            };
            cookie?: never;
        };
        /** @description Codes of a team, in three shapes (4.5) */
        get: operations["teamUnavailableCodes"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/incontactapi/services/{version}/unavailable-codes": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                version: components["parameters"]["version"];
            };
            cookie?: never;
        };
        /** @description Codes of the business unit (4.5) */
        get: operations["unavailableCodes"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/incontactapi/services/{version}/server-time": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                version: components["parameters"]["version"];
            };
            cookie?: never;
        };
        /** @description The vendor's clock (4.2) */
        get: operations["serverTime"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/incontactapi/services/{version}/agent-sessions": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                version: components["parameters"]["version"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** @description Login (3.1) */
        post: operations["startSession"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/incontactapi/services/{version}/agent-sessions/join": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                version: components["parameters"]["version"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** @description A second client of the agent's session (3.2) */
        post: operations["joinSession"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/incontactapi/services/{version}/agent-sessions/{sessionId}/state": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                version: components["parameters"]["version"];
                sessionId: components["parameters"]["sessionId"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** @description Change of state by the owner of the session; the reason is a name (3.3) */
        post: operations["setSessionState"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/incontactapi/services/{version}/agent-sessions/{sessionId}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                version: components["parameters"]["version"];
                sessionId: components["parameters"]["sessionId"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** @description End of the session (3.4); flags in the query */
        delete: operations["endSession"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/incontactapi/services/{version}/agent-sessions/{sessionId}/get-next-event": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                version: components["parameters"]["version"];
                sessionId: components["parameters"]["sessionId"];
            };
            cookie?: never;
        };
        /** @description Long poll (3.5) */
        get: operations["nextEvent"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/incontactapi/services/{version}/report-jobs/datadownload/{reportId}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                version: components["parameters"]["version"];
                reportId: string;
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** @description Synchronous report (6.1) */
        post: operations["dataDownload"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/incontactapi/services/{version}/files": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                version: components["parameters"]["version"];
            };
            cookie?: never;
        };
        /** @description A saved report, by the address that the data download gave (6.1) */
        get: operations["savedFile"];
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
        TokenForm: {
            /** @enum {unknown} */
            grant_type: "password" | "refresh_token";
            username?: string;
            password?: string;
            refresh_token?: string;
            client_id?: string;
            client_secret?: string;
        };
        AccessKey: {
            accessKeyId: string;
            accessKeySecret: string;
        };
        Token: {
            access_token: string;
            token_type?: string;
            expires_in?: number;
            refresh_token?: string;
            /** @description Claims tenantId and icClusterId are read */
            id_token?: string;
        };
        Configuration: {
            /** Format: uri */
            api_endpoint: string;
        };
        SetState: {
            /** @enum {unknown} */
            state: "Available" | "Unavailable";
            /** @description Numeric id of an unavailable code of the team */
            outStateId?: string;
        };
        SessionState: {
            /** @enum {unknown} */
            state: "Available" | "Unavailable";
            /** @description Name of an unavailable code of the team */
            reason?: string;
        };
        /** @description One of the two station fields is required; a phone number wins */
        StartSession: {
            stationId?: string;
            stationPhoneNumber?: string;
            inactivityTimeout?: string;
            asAgentId?: string;
        };
        JoinSession: {
            asAgentId: string;
        };
        Session: {
            sessionId: string;
        };
        Nothing: Record<string, never>;
        Problem: {
            error?: string;
            error_description?: string;
            errorDescription?: string;
            Message?: string;
        };
        AgentState: {
            agentId: number | string;
            agentStateId: number | string;
            agentStateName?: string | null;
            /** @description Spelled isAcw in v23 */
            isACW?: boolean | string;
            isAcw?: boolean | string;
            outStateId?: number | string | null;
            outStateDescription?: string | null;
            startDate?: string | null;
            teamId?: number | string | null;
            /** @description In each row in v23 */
            lastPollTime?: string;
        };
        AgentStates: {
            lastPollTime?: string;
            totalRecords?: number;
            _links?: {
                next?: string;
            };
            agentStates: components["schemas"]["AgentState"][];
        };
        AgentDetails: {
            agents?: {
                teamId: number | string;
            }[];
            teamId?: number | string;
        };
        /** @description One of id/name, outStateId/outStateName (any letter case) */
        UnavailableCode: {
            id?: number | string;
            name?: string;
            outStateId?: number | string;
            outStateName?: string;
            isActive?: boolean | string;
            isAcw?: boolean | string;
            agentTimeoutMins?: number | string;
        };
        UnavailableCodes: {
            unavailableCodes?: components["schemas"]["UnavailableCode"][];
            resultSet?: {
                unavailableCodes?: components["schemas"]["UnavailableCode"][];
            };
        };
        Event: {
            Type: string;
            CurrentState?: string;
            CurrentOutReason?: string;
            IsAcw?: string;
            StartTimeUTC?: string;
            Message?: string;
            NextStates?: {
                State?: string;
                OutReason?: string;
            }[];
        };
        Events: {
            sessionId: string;
            events: components["schemas"]["Event"][];
        };
        /** @description Without offset; the report's zone */
        WallTime: string;
        Report: {
            /** @description Not empty means failed whatever the status */
            errorMessage?: string | null;
            fileName?: string | null;
            /** @description base64 */
            file?: string | null;
            fileType?: string | null;
            URI?: string | null;
        };
        SavedFile: {
            files?: {
                file?: string;
                fileName?: string;
            };
        };
    };
    responses: {
        /** @description Refused; the body may be empty and the text in `icStatusDescription` (5.1) */
        Problem: {
            headers: {
                icStatusDescription?: string;
                "Retry-After"?: string;
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Problem"];
            };
        };
    };
    parameters: {
        version: string;
        agentId: string;
        sessionId: string;
    };
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    token: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/x-www-form-urlencoded": components["schemas"]["TokenForm"];
            };
        };
        responses: {
            /** @description Token */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Token"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    userHubToken: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AccessKey"];
            };
        };
        responses: {
            /** @description Token */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Token"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    discovery: {
        parameters: {
            query: {
                tenantId: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Hosts */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Configuration"];
                };
            };
        };
    };
    setState: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                version: components["parameters"]["version"];
                agentId: components["parameters"]["agentId"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SetState"];
            };
        };
        responses: {
            /** @description Taken */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Nothing"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    logout: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                version: components["parameters"]["version"];
                agentId: components["parameters"]["agentId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Nothing"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    readAgent: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                version: components["parameters"]["version"];
                agentId: components["parameters"]["agentId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description State */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AgentStates"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    listStates: {
        parameters: {
            query?: {
                updatedSince?: string;
                top?: number;
                skip?: number;
            };
            header?: never;
            path: {
                version: components["parameters"]["version"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description States */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AgentStates"];
                };
            };
            /** @description None */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Trust check of business unit and partner failed */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    agentDetails: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                version: components["parameters"]["version"];
                agentId: components["parameters"]["agentId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Agent */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AgentDetails"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    teamUnavailableCodes: {
        parameters: {
            query?: {
                activeOnly?: boolean;
            };
            header?: never;
            path: {
                version: components["parameters"]["version"];
                teamId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Codes */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UnavailableCodes"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    unavailableCodes: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                version: components["parameters"]["version"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Codes */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UnavailableCodes"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    serverTime: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                version: components["parameters"]["version"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Time */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        ServerTime?: string;
                    };
                };
            };
        };
    };
    startSession: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                version: components["parameters"]["version"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["StartSession"];
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            /** @description A session exists */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    joinSession: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                version: components["parameters"]["version"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["JoinSession"];
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            /** @description No session */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    setSessionState: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                version: components["parameters"]["version"];
                sessionId: components["parameters"]["sessionId"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SessionState"];
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Nothing"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    endSession: {
        parameters: {
            query?: {
                forceLogoff?: boolean;
                endContacts?: boolean;
                ignorePersonalQueue?: boolean;
            };
            header?: never;
            path: {
                version: components["parameters"]["version"];
                sessionId: components["parameters"]["sessionId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Nothing"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    nextEvent: {
        parameters: {
            query: {
                timeout: number;
            };
            header?: never;
            path: {
                version: components["parameters"]["version"];
                sessionId: components["parameters"]["sessionId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Events and the next session id */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Events"];
                };
            };
            /** @description Nothing happened */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The session has ended */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    dataDownload: {
        parameters: {
            query: {
                startDate: components["schemas"]["WallTime"];
                endDate: components["schemas"]["WallTime"];
                fileName: string;
                saveAsFile: boolean;
                includeHeaders: true;
            };
            header?: never;
            path: {
                version: components["parameters"]["version"];
                reportId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file or its address */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Report"];
                };
            };
            /** @description No rows */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: components["responses"]["Problem"];
        };
    };
    savedFile: {
        parameters: {
            query: {
                fileName: string;
            };
            header?: never;
            path: {
                version: components["parameters"]["version"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SavedFile"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
}
