/**
 * Words that people use for much the same in software work and in the businesses that it is for, one family a line. A word may stand in several;
 * two words with a dash are looked for side by side. Endings do not matter. What a fact calls `billing` somebody needs as `invoices`.
 */
export const RELATED_WORDS = `
money price amount cost cents currency total sum fee charge payment decimal euro dollar usd discount
bill billing invoice invoicing receipt statement dunning
pay payment checkout basket cart purchase order buy paying card stripe
refund chargeback reimbursement return cancel
tax vat duty taxation
account accounting ledger bookkeeping books journal posting balance
bank transfer iban wire sepa deposit withdrawal
budget spending expense quota allowance funds
coupon voucher discount rebate promo promotion code deal
subscription plan renewal membership tier recurring
loyalty points bonus reward rewards
loan credit debt mortgage interest
trade trading stock-market shares portfolio broker exchange
insurance claim policy premium
salary payroll wage wages compensation payslip employee
employee staff worker personnel hr human-resources team colleague
shift roster rota schedule scheduling rostering timetable
vacation leave holiday absence sick
hire hiring recruit applicant candidate job-posting cv
time-tracking timesheet hours worked
inventory stock warehouse storage goods supply shelf
ship shipping delivery parcel package courier shipment dispatch freight logistics
supplier vendor purchase procurement provider manufacturer
product item article sku catalogue catalog goods
fleet vehicle van truck car lorry driver
route routing map maps navigation directions journey path travel planning
location address place geo gps coordinates position latitude
booking appointment reservation calendar slot meeting event
calendar date day week month schedule agenda
travel trip flight hotel journey ticket
restaurant menu table food meal kitchen recipe
patient doctor hospital clinic medical health
school student pupil course lesson teacher class exam grade
property rent tenant lease apartment estate landlord
customer client buyer shopper consumer user
customer-service support complaint ticket helpdesk issue request
call phone telephony telephone voice dial incoming hotline
chat conversation messaging message talk discussion thread dialogue
mail email e-mail smtp newsletter inbox letter mailing
notification alert push notify reminder message pager
sms text-message mobile phone
comment review rating feedback opinion stars
survey questionnaire poll form question answer
recommend recommendation suggestion like similar personalised related
moderate moderation abuse abusive spam report ban removing
profile account user settings preferences personal
avatar portrait picture face photo image
photo picture image upload gallery camera snapshot
thumbnail preview small resize image icon
video film clip stream movie playback
audio sound music song podcast recording
document file paper pdf page docs
archive old history historical retention past
wiki handbook manual knowledge-base internal guide
feed rss news syndicated syndication subscription headlines
news article blog post story press
crawl crawler scrape spider fetch fetching website web site
search find finding query lookup index retrieve discover
filter sort facet narrow order
import importer load loading ingest upload read reading
export download downloading dump extract output save
report reporting statistics summary figures
dashboard chart graph monitoring visualisation panel
metric metrics monitoring measure telemetry observability gauge counter prometheus grafana
analytics tracking statistics insight event
log logs logging logger trace
audit history trail who changed changes record protocol
translate translation language languages locale i18n localisation l10n multilingual
timezone zone time utc timestamp offset clock hour daylight
date time timestamp datetime day iso
onboarding first-steps new-user signup welcome tutorial getting-started
login log-in sign-in signing authentication authenticate auth signin session sso oauth
register registration sign-up signup account create
password passphrase credential credentials secret login
secret token key credential credentials vault api-key password
permission role access authorisation authorization rights allowed acl grant
captcha bot robot robots human spam
encrypt encryption cipher crypto tls ssl decrypt
certificate tls ssl https expiry
privacy gdpr personal data consent erase retention
retention retain keep kept delete deleted days long expire purge
compliance regulation law legal audit
licence license open-source copyright dependency
vulnerability security attack exploit injection xss csrf cve
sanitize escape validate clean unsafe
validate validation check invalid verify constraint input
error exception failure fault problem wrong crash bug message
fail failure failed fails unsuccessful succeed success broken
retry retries again attempt try repeat backoff times
timeout deadline slow hang wait limit
rate-limit throttle quota limit 429 too-many
queue message broker kafka rabbitmq sqs worker job background
job cron nightly scheduler scheduled batch task periodic
worker process thread background daemon
concurrency parallel race lock thread mutex simultaneous deadlock
transaction atomic commit rollback isolation
idempotent duplicate twice repeat once
event webhook callback listener subscribe publish
cache caching cached cold warm redis memoize stale
performance fast faster slow latency speed ms milliseconds optimise optimize sluggish quick
scale scaling load capacity traffic throughput
memory leak heap ram oom
query loop n+1 round-trip database sql select many
database db postgres mysql sqlite sql store storage
replica primary read-only follower master secondary replication stale write
table column field schema row ddl nullable
migration migrate schema alter column upgrade backfill
index indexes slow query explain
key primary-key identifier id uuid ulid ids primary record
foreign-key relation join reference
orm model entity repository
backup restore restoring recovery lost snapshot disaster
file folder directory path disk filesystem
upload multipart attachment file
object-storage s3 bucket blob minio
csv spreadsheet excel xlsx sheet
json xml yaml serialise serialize parse format
encoding utf-8 unicode charset character umlaut
number integer float decimal bigint precision rounding type
string text varchar characters length
api endpoint interface rest route http
rest endpoint get post put request response
graphql query resolver schema mutation
grpc protobuf rpc
version versioning v1 v2 deprecated old legacy compatibility
deprecated obsolete legacy remove delete clean-up cleanup unused dead old
remove delete drop erase clear
pagination page cursor limit offset list
response answer reply status code body
problem+json error format message code
status state workflow lifecycle
request call remote http client fetch
proxy gateway load-balancer nginx reverse
port address listen host connection refused serve url socket bind
host hostname domain dns url address
network connection socket tcp firewall
connect connection database refused unreachable
server backend service host machine
client frontend browser app consumer
mobile app ios android phone device
desktop electron native window
browser chrome firefox safari web
frontend ui interface react component vue
component button widget element shared
form input field validation submit
style css design theme look layout stylesheet
theme colour color dark dark-mode palette background
icon logo image svg drawing
font typography heading text type
label caption wording text copy sentence-case title
accessibility a11y screen-reader aria contrast wcag blind
responsive layout screen width mobile
animation transition motion
keyboard shortcut key hotkey
test tests testing suite spec unit-test
fixture mock stub fake double
integration end-to-end e2e playwright cypress selenium
flaky unstable sometimes random intermittent
coverage percent tested untested
container docker image compose podman
kubernetes k8s pod helm cluster
deploy deployment release rollout production ship live publish
release version tag changelog semver
rollback revert undo back
environment staging production prod development env
environment-variable env config configuration setting
config configuration settings options flag
feature-flag flag toggle switch rollout experiment
experiment ab-test variant
ci pipeline build workflow github-actions jenkins
build compile bundle webpack vite artifact
compile compiler build error
install setup dependency package npm
dependency package library module upgrade version
package-manager npm pnpm yarn pip cargo
upgrade update bump newer
language programming rust go python typescript java kotlin written
typescript type types typing any
lint linter eslint biome style check ruff prettier format
format formatter prettier indent style spaces tabs
naming name names convention case camelcase
comment docstring documentation document docs
readme docs documentation guide explain
docstring comment documentation api example function
example sample snippet
commit message git ticket log history
git branch merge commit rebase
branch main trunk feature
pull-request merge-request review pr approve approval
review reviewer approve approval owner sign-off codeowner
owner owned team responsible maintainer belongs who
architecture design module layer structure
module package folder part directory
monorepo workspace repository repo
repository repo git codebase
pattern convention rule guideline style
decision decided agreed adr chose
refactor restructure rewrite clean simplify
bug defect fix issue broken
debug debugger breakpoint inspect
incident outage downtime on-call pager down
on-call duty pager alert incident night
sla availability uptime
health healthcheck probe readiness alive
tracing trace span opentelemetry
privacy tracking cookie consent
session cookie login token
jwt token claim expiry bearer
oauth openid sso identity-provider saml
tenant organisation customer multi-tenant company
admin administrator back-office superuser operator
user person people account member
group team organisation department
friend follow social contact
contact address phone person
country region locale currency
weather temperature forecast rain
sensor temperature reading measurement device iot thermometer
device hardware iot firmware
firmware embedded microcontroller
printer print label paper
scan barcode qr scanner
signature sign signing signed contract
contract agreement terms
tender quote offer quotation
lead sales crm opportunity deal
marketing campaign advertising ads newsletter
advertising ad banner campaign
seo search-engine google ranking sitemap
game player score level
bet odds lottery
chess board match
machine-learning model training inference ai
llm prompt model token gpt claude
embedding vector similarity semantic
dataset data training sample
data record row dataset information
data-warehouse etl bigquery snowflake warehouse
stream streaming kafka realtime live
realtime live websocket push
poll polling interval refresh
offline sync synchronise synchronize replicate
sync synchronisation merge conflict
conflict merge clash
undo redo history
draft unsaved autosave
publish publication public release
template layout placeholder
pdf print document render
render rendering draw display
html markup page template
markdown text formatting
editor wysiwyg text edit
diff compare difference change
hash checksum digest
compress gzip zip compression
random seed chance
math calculate calculation formula compute
round rounding decimal precision
unit units metric kilogram meter
sort order ranking sequence
duplicate dedupe unique twice same
batch bulk many mass
limit maximum quota bound
default fallback standard preset
hook plugin extension addon
plugin extension addon module
script shell bash command
command cli terminal argument
cost bill cloud spending aws
cloud aws azure gcp
terraform infrastructure iac provisioning
serverless lambda function
vm machine server instance
disk space full storage
cpu processor load core
gpu cuda graphics
weekday tuesday thursday monday friday day when
freeze window release deploy when allowed
`;
