/**
 * The gateway: requests become commands, the events that tell their outcome become answers, documents are shown.
 * Only Main uses it.
 * It uses pipes and contract, no other service.
 */
package choreography.gateway;
