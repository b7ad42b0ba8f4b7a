/**
 * Broker, database and mail server for development, all on this machine.
 * Only Main uses it.
 * It uses nothing of ours.
 */
package choreography.sandbox;
