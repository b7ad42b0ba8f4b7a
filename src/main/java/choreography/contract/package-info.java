/**
 * What all agree on: schemas of messages and bodies, what does not fit them, which headers cross a boundary.
 * All may use it.
 * It uses nothing of ours.
 */
package choreography.contract;
