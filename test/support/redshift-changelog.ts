/** Example values of the parameters that Redshift's part of the changelog has no defaults for. */
export const redshiftParameters = {
  adsuiteHost: 'adsuite.example.com',
  iamRole: 'arn:aws:iam::123456789012:role/warehouse-reads-adsuite',
  secretArn: 'arn:aws:secretsmanager:us-east-1:123456789012:secret:adsuite-reader',
};
