/**
 * Requests: what is sent, to whom, and what is read of an answer. Decides nothing about when.
 */
export type HeaderList = Record<string, string> | Headers | [string, string][];
export type Access = {
    /**
     * asked before each request, so that a
     * token may have been renewed
     */
    headers?: () => HeaderList | Promise<HeaderList>;
    /**
     * `same-origin` unless told otherwise
     */
    credentials?: RequestCredentials;
    fetch?: typeof fetch;
};
export type Asked = {
    form: "stream" | "page";
    /**
     * where to go on from; empty where from the beginning
     */
    cursor: string;
    /**
     * which try in a row this is
     */
    attempt: number;
    /**
     * for how long the server may hold a page back, in milliseconds
     */
    wait: number;
    signal: AbortSignal;
};
/**
 * Asks for events.
 *
 * @param {URL} url @param {Asked} asked @param {Access} access
 */
export declare function ask(url: URL, { form, cursor, attempt, wait, signal }: Asked, access: Access): Promise<Response>;
/**
 * Asks for a page of orders.
 *
 * @param {URL} url @param {AbortSignal} signal @param {Access} access
 */
export declare function askOrders(url: URL, signal: AbortSignal, access: Access): Promise<Response>;
/** Whether an answer is in the form that was asked for. @param {Response} response @param {"stream" | "page"} form */
export declare function isAnswer(response: Response, form: "stream" | "page"): boolean;
/**
 * How long a refusal asks to wait, in milliseconds: seconds or a date.
 *
 * @param {Response} response @param {number} now in milliseconds since 1970
 */
export declare function retryAfter(response: Response, now: number): number | undefined;
