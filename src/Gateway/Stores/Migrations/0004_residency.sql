-- What was decided of where a request may go: id of the decision, hash of the policy, the deployments looked at with why not, and where it was processed.
ALTER TABLE exchanges ADD COLUMN decision TEXT;
ALTER TABLE exchanges ADD COLUMN policy TEXT;
ALTER TABLE exchanges ADD COLUMN candidates TEXT;
ALTER TABLE exchanges ADD COLUMN country TEXT;
