/**
 * Broker, database and mail server for development, all on this machine.
 * Only Main uses it.
 * It uses contract, for JSON and for what localhost is.
 */
package choreography.sandbox;
