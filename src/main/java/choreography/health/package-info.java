/**
 * What health and metrics say about this process.
 * Services and application.properties use it.
 * It uses pipes and contract.
 */
package choreography.health;
