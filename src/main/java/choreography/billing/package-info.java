/**
 * The billing service: accounts and bills. What it does with messages is in camel/billing.camel.yaml.
 * Only Main uses it.
 * It uses pipes and contract, no other service.
 */
package choreography.billing;
