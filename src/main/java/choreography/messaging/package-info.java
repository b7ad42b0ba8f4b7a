/**
 * The JMS pipe: messages are read, events get their attributes, groups are committed.
 * Services use it.
 * It uses contract only.
 */
package choreography.messaging;
