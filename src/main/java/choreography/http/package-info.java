/**
 * The HTTP pipe: server, problems (RFC 9457), what all routes that answer do about errors.
 * Services use it.
 * It uses contract only.
 */
package choreography.http;
