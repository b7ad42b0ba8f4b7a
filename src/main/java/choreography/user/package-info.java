/**
 * The user service: who is registered. What it does with messages is in camel/user.camel.yaml.
 * Only Main uses it.
 * It uses pipes and contract, no other service.
 */
package choreography.user;
