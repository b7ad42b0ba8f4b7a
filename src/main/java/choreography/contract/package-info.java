/**
 * What all agree on: which services there are, schemas of messages and bodies, which headers cross a boundary, what
 * localhost is.
 * All may use it.
 * It uses nothing of ours.
 */
package choreography.contract;
